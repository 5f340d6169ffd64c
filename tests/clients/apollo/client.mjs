import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { getMainDefinition, relayStylePagination } from '@apollo/client/utilities';
import { createClient } from 'graphql-ws';

export function createCache() {
  return new InMemoryCache({
    typePolicies: {
      Query: { fields: { publicFeed: relayStylePagination(), homeFeed: relayStylePagination() } },
      User: { fields: { posts: relayStylePagination() } },
      Post: { fields: { comments: relayStylePagination() } },
    },
  });
}

async function sha256(text) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function createHttpLink(url, token, fetch = globalThis.fetch) {
  return ApolloLink.from([
    new PersistedQueryLink({ sha256 }),
    new HttpLink({ uri: url, headers: { authorization: `Bearer ${token}` }, fetch }),
  ]);
}

export function createWebSocketLink(url, token) {
  return new GraphQLWsLink(
    createClient({ url, connectionParams: () => ({ authorization: `Bearer ${token}` }) }),
  );
}

export function createApollo({ url, websocketUrl, token }) {
  const isSubscription = ({ query }) => getMainDefinition(query).operation === 'subscription';
  return new ApolloClient({
    cache: createCache(),
    link: ApolloLink.split(
      isSubscription,
      createWebSocketLink(websocketUrl, token),
      createHttpLink(url, token),
    ),
  });
}

export const LIKE_POST = gql`
  mutation LikePost($input: LikePostInput!) {
    likePost(input: $input) {
      post { id likeCount viewerHasLiked }
      changed
      errors { code message path }
    }
  }
`;

export function likePost(client, post, clientMutationId = crypto.randomUUID()) {
  return client.mutate({
    mutation: LIKE_POST,
    variables: { input: { postId: post.id, clientMutationId } },
    optimisticResponse: {
      likePost: {
        __typename: 'LikePostPayload',
        post: { __typename: 'Post', id: post.id, likeCount: post.likeCount + 1, viewerHasLiked: true },
        changed: true,
        errors: [],
      },
    },
  });
}
