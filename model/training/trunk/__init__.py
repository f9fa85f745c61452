"""Training of the trunk: conversion, transfer, distillation, MTP, and its measures."""

__all__ = ["convert", "distill", "finetune", "frozen", "losses", "portable", "ship", "teacher", "transfer"]
