"""Outcome and knowledge to what people read: reasons, the plan, why and why not, prose of rules."""
