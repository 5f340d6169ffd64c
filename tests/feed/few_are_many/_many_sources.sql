-- In place of a thousand, so that few users suffice for a test.
2
