"""The municipalities that the CS of this made-up country knows: code and name, as a 戸籍の表示 begins with it."""

NAMES = {
    "992011": "見本県見本市", "993018": "見本県例示町", "992020": "架空県仮名市", "994014": "想定県雛形村",
}  # fmt: skip
