(c.author_id = {viewer} OR ({visible person=p.author_id} AND {visible person=c.author_id}))
