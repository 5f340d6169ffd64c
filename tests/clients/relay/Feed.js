// The documents, as relay-compiler reads them.
/* global graphql */

graphql`
  query FeedQuery($first: Int, $after: String) {
    ...Feed_query @arguments(first: $first, after: $after)
  }
`;

graphql`
  fragment Feed_query on Query
  @refetchable(queryName: "FeedPageQuery")
  @argumentDefinitions(
    first: { type: "Int" }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  ) {
    publicFeed(first: $first, after: $after, last: $last, before: $before)
      @connection(key: "Feed_publicFeed") {
      edges { node { id ...Feed_post } }
    }
  }
`;

graphql`
  fragment Feed_post on Post @refetchable(queryName: "FeedPostRefetchQuery") {
    text
    likeCount
    viewerHasLiked
  }
`;

graphql`
  mutation FeedLikeMutation($input: LikePostInput!) {
    likePost(input: $input) {
      post { id likeCount viewerHasLiked }
      changed
      errors { code message path }
    }
  }
`;

graphql`
  subscription FeedSubscription($postIds: [ID!]!, $after: String) {
    postInteractions(postIds: $postIds, after: $after) {
      __typename
      cursor
      ... on PostLiked { clientMutationId post { id likeCount } }
      ... on PostUnliked { post { id likeCount } }
      ... on ResyncRequired { reason }
    }
  }
`;

// What docs/clients/relay.md advises against: a default on `first`.
graphql`
  query FeedDefaultQuery {
    ...Feed_default
  }
`;

graphql`
  fragment Feed_default on Query
  @refetchable(queryName: "FeedDefaultPageQuery")
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 2 }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  ) {
    publicFeed(first: $first, after: $after, last: $last, before: $before)
      @connection(key: "Feed_default_publicFeed") {
      edges { node { id } }
    }
  }
`;
