"""Fine-tunes an embedding network on labelled photos, measures it and writes it as the models that ship.

Read `network.py` first (the network in torch), then `fitting.py` (the loop). Needs requirements-train.txt.
"""
