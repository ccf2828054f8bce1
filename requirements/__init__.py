"""What is installed: the locked versions with their hashes, and looking them up."""
