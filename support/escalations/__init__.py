"""Where a ticket goes when the desk cannot finish it: engineering, product, or sales."""
