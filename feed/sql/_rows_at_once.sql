-- How many likes, shares, comments or likes of comments a post may have to be deleted in one transaction.
500
