"""What Chatelier costs, beside the same job written on the bare libraries."""
