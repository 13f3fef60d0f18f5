"""Diagrams: extracted from the store as plain graphs and sequences, drawn by several renderers.

``schema``, ``network`` and ``steps`` extract; ``drawn`` (terminal), ``mermaid`` and ``svg`` draw.
"""
