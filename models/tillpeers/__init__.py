"""The peers that `tillsight bench` measures itself against. Nothing that is shipped uses this."""
