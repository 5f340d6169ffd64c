import { Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { createClient as createStreamClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';

const embedded = () => null;

export function createCache(schema) {
  return cacheExchange({
    schema,
    keys: {
      LikePostPayload: embedded,
      PostLiked: embedded,
      PostUnliked: embedded,
      SubscriptionReady: embedded,
      ResyncRequired: embedded,
    },
    resolvers: {
      Query: { publicFeed: relayPagination(), homeFeed: relayPagination() },
      User: { posts: relayPagination() },
      Post: { comments: relayPagination() },
    },
    optimistic: {
      likePost({ input }, cache) {
        const post = { __typename: 'Post', id: input.postId };
        const likeCount = cache.resolve(post, 'likeCount') + 1;
        return {
          __typename: 'LikePostPayload',
          post: { ...post, likeCount, viewerHasLiked: true },
          changed: true,
          errors: [],
        };
      },
    },
  });
}

export function overWebSocket(websocketUrl, token) {
  const socket = createSocketClient({
    url: websocketUrl,
    connectionParams: () => ({ authorization: `Bearer ${token}` }),
  });
  return subscriptionExchange({ forwardSubscription: forwardTo(socket) });
}

export function overEventStreams(url, token) {
  const stream = createStreamClient({ url, headers: () => ({ authorization: `Bearer ${token}` }) });
  return subscriptionExchange({ forwardSubscription: forwardTo(stream) });
}

function forwardTo(client) {
  return ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: client.subscribe({ query, variables }, sink) }),
  });
}

export function createUrql({ url, token, schema, subscriptions }) {
  return new Client({
    url,
    fetchOptions: () => ({ headers: { authorization: `Bearer ${token}` } }),
    exchanges: [createCache(schema), subscriptions, fetchExchange],
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
