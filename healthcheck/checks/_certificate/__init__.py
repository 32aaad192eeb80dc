"""What a certificate says, how a TLS handshake went, and what both are worth: for web pages and every other port."""
