-- How many reasons a kept home feed has at most after it was built or trimmed.
4800
