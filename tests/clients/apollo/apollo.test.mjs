import assert from 'node:assert/strict';
import test from 'node:test';

import { ApolloClient, gql, HttpLink } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';

import { Arrivals, friendDoes, operation, postIds, scene, url, websocketUrl } from '../scene.mjs';
import { createApollo, createCache, createHttpLink, likePost } from './client.mjs';

const PUBLIC_FEED = gql(operation('PublicFeed'));
const POST_INTERACTIONS = gql(operation('PostInteractions'));
const HOME_FEED_EVENTS = gql(operation('HomeFeedEvents'));
const POST = gql`query Post($id: ID!) { post(id: $id) { id likeCount viewerHasLiked } }`;

const signedIn = () => createApollo({ url, websocketUrl, token: scene.viewer });

function watch(client, variables) {
  const events = new Arrivals();
  const subscription = client.subscribe({ query: POST_INTERACTIONS, variables }).subscribe({
    next: ({ data, error }) => (error ? events.fail(error) : events.push(data.postInteractions)),
    error: events.fail,
  });
  return { events, stop: () => subscription.unsubscribe() };
}

test('relayStylePagination joins the pages of a feed', async () => {
  const client = signedIn();
  const feed = client.watchQuery({ query: PUBLIC_FEED, variables: { first: 2 } });
  const seen = new Arrivals();
  const subscription = feed.subscribe(({ data, dataState }) => dataState === 'complete' && seen.push(data.publicFeed));
  let page = await seen.next();
  assert.deepEqual(postIds(page), scene.posts.slice(0, 2));
  for (const shown of [4, 5]) {
    assert.equal(page.pageInfo.hasNextPage, true);
    await feed.fetchMore({ variables: { after: page.pageInfo.endCursor } });
    page = await seen.until((each) => each.edges.length === shown);
    assert.deepEqual(postIds(page), scene.posts.slice(0, shown));
  }
  assert.equal(page.pageInfo.hasNextPage, false);
  subscription.unsubscribe();
  client.stop();
});

test('an optimistic like is not counted again by its own event', async () => {
  const client = signedIn();
  const [id] = scene.posts;
  const shown = new Arrivals();
  const query = client.watchQuery({ query: POST, variables: { id } });
  query.subscribe(({ data, dataState }) => dataState === 'complete' && shown.push(data.post));
  const post = await shown.next();
  assert.deepEqual([post.likeCount, post.viewerHasLiked], [0, false]);
  const { events, stop } = watch(client, { postIds: [id] });
  assert.equal((await events.next()).__typename, 'SubscriptionReady');

  const key = crypto.randomUUID();
  const answer = likePost(client, post, key);
  const optimistic = await shown.next();
  assert.deepEqual([optimistic.likeCount, optimistic.viewerHasLiked], [1, true]);
  assert.equal((await answer).data.likePost.changed, true);
  const own = await events.next();
  assert.deepEqual([own.__typename, own.clientMutationId, own.post.likeCount], ['PostLiked', key, 1]);

  await friendDoes('LikePost', { postId: id });
  await shown.until((each) => each.likeCount === 2);
  assert.deepEqual(
    shown.all.map((each) => each.likeCount),
    [0, 1, 2],
  );
  stop();
  client.stop();
});

test('persisted queries are sent by their hash', async () => {
  const bodies = [];
  const recorded = (to, options) => {
    bodies.push(JSON.parse(options.body));
    return fetch(to, options);
  };
  const client = new ApolloClient({
    cache: createCache(),
    link: createHttpLink(url, scene.viewer, recorded),
  });
  const query = gql`query Persisted($id: ID!) { post(id: $id) { id text } }`;
  for (const id of scene.posts.slice(0, 2)) {
    const { data } = await client.query({ query, variables: { id } });
    assert.deepEqual(data.post, { __typename: 'Post', id, text: 'x' });
  }
  assert.deepEqual(
    bodies.map((body) => [typeof body.query, typeof body.extensions.persistedQuery.sha256Hash]),
    [['undefined', 'string'], ['string', 'string'], ['undefined', 'string']],
  );
});

test('HttpLink alone subscribes by a multipart response', async () => {
  const client = new ApolloClient({ cache: createCache(), link: createHttpLink(url, scene.viewer) });
  const [, postId] = scene.posts;
  const first = watch(client, { postIds: [postId] });
  const ready = await first.events.next();
  assert.equal(ready.__typename, 'SubscriptionReady');
  await friendDoes('LikePost', { postId });
  assert.equal((await first.events.next()).post.likeCount, 1);
  first.stop();

  await friendDoes('UnlikePost', { postId });
  const second = watch(client, { postIds: [postId], after: ready.cursor });
  assert.equal((await second.events.next()).resumed, true);
  // The like has been withdrawn, so only that is sent.
  assert.equal((await second.events.until((each) => each.__typename === 'PostUnliked')).post.likeCount, 0);
  second.stop();
});

test('an error of a subscription arrives by either link', async () => {
  const anonymous = new ApolloClient({ cache: createCache(), link: new HttpLink({ uri: url }) });
  for (const client of [anonymous, createApollo({ url, websocketUrl, token: scene.viewer })]) {
    const query = client === anonymous ? HOME_FEED_EVENTS : POST_INTERACTIONS;
    const error = await new Promise((resolve, reject) => {
      client.subscribe({ query, variables: { postIds: ['x'] } }).subscribe({
        next: (result) => (result.error ? resolve(result.error) : reject(new Error('An event arrived.'))),
        error: resolve,
      });
    });
    assert.ok(CombinedGraphQLErrors.is(error), String(error));
    const expected = client === anonymous ? 'UNAUTHENTICATED' : 'BAD_ID';
    assert.equal(error.errors[0].extensions.code, expected);
    client.stop();
  }
});
