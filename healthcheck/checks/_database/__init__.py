"""How each database product is talked to, for the kind `database`: one file a product, one shape for all of them."""
