"""Tests, one package for each part of the project."""
