"""Recall (利用停止): what a subscriber may keep no longer, told to it, and its confirmation collected."""
