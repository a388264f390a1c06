//! From what was sold to what was demanded: empty shelves sell nothing, whoever wanted to buy.
