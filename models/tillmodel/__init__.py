"""How Tillsight's embedding models are made: EfficientNet-Lite weights in, ONNX files out.

Read `architecture.py` first (what the network is), then `graph.py` (how it is written down).
Making a model needs numpy and onnx only; fitting and measuring also need onnxruntime and Pillow.
"""
