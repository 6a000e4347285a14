"""What lies beside the book: the keyring, the fence, the mirror and the blobs."""
