"""What makes the ledger verifiable by an outsider: a Merkle tree, signed checkpoints, exports, receipts."""
