"""Compress, convert, check and describe models for devices."""
