/* global graphql */

graphql`
  query documentsNewestQuery($first: Int) {
    publicFeed(first: $first) { edges { node { id text author { username } } } }
  }
`;

graphql`
  subscription documentsWatchSubscription($postIds: [ID!]!) {
    postInteractions(postIds: $postIds) { __typename cursor }
  }
`;
