{unblocked} AND {not_deleted}
