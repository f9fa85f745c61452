"""Training of the trunk: conversion, transfer, distillation, and its measures."""

__all__ = ["convert", "distill", "losses", "ship", "teacher", "transfer"]
