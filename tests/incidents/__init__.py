"""What once went wrong, kept from coming back; each file tells its story."""
