"""Training of the trunk: conversion, transfer, distillation, MTP, and its measures."""
