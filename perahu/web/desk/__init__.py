"""What an operator begins with: work lists, finding a person, a newcomer's tour."""
