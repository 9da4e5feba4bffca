"""The bridge between an FTP endpoint and Plytix: what all functions and the `bridge` command share."""
