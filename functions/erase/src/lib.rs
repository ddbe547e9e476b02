//! Every place forgets one person and leaves a receipt.
