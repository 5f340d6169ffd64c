import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';

import {
  commitMutation,
  createOperationDescriptor,
  fetchQuery,
  getPaginationMetadata,
  getPaginationVariables,
  getRequest,
  getSingularSelector,
  requestSubscription,
} from 'relay-runtime';

import { Arrivals, friendDoes, postIds, scene, url, websocketUrl } from '../scene.mjs';
import { createEnvironment } from './environment.mjs';

rmSync('relay/__generated__', { recursive: true, force: true });
mkdirSync('relay/__generated__');
const compiler = ['../node_modules/.bin/relay-compiler', 'relay.config.json'];
execFileSync(process.execPath, compiler, { cwd: 'relay', encoding: 'utf8' });
const artifact = (name) => createRequire(import.meta.url)(`./__generated__/${name}.graphql.js`);

const environment = () => createEnvironment({ url, websocketUrl, token: scene.viewer });

/** A query's descriptor; the store keeps its result. */
async function load(store, query, variables) {
  const operation = createOperationDescriptor(getRequest(query), variables);
  store.retain(operation);
  await fetchQuery(store, query, variables).toPromise();
  return operation;
}

function read(store, operation, fragment) {
  return store.lookup(getSingularSelector(fragment, store.lookup(operation.fragment).data)).data;
}

/** The variables with which usePaginationFragment asks for another page. */
function pageVariables(fragment, direction, count, cursor, variables) {
  const { paginationMetadata } = getPaginationMetadata(fragment, 'usePaginationFragment');
  return getPaginationVariables(direction, count, cursor, variables, {}, paginationMetadata);
}

const FEED = artifact('FeedQuery');
const FEED_FRAGMENT = artifact('Feed_query');
const FEED_PAGE = artifact('FeedPageQuery');

test('pages are joined, towards older and towards newer posts', async () => {
  const store = environment();
  const operation = await load(store, FEED, { first: 2 });
  for (const shown of [2, 4, 5]) {
    const { publicFeed } = read(store, operation, FEED_FRAGMENT);
    assert.deepEqual(postIds(publicFeed), scene.posts.slice(0, shown));
    assert.equal(publicFeed.pageInfo.hasNextPage, shown < 5);
    if (shown === 5) break;
    await load(store, FEED_PAGE, pageVariables(FEED_FRAGMENT, 'forward', 2, publicFeed.pageInfo.endCursor, { first: 2 }));
  }

  const { edges } = read(store, operation, FEED_FRAGMENT).publicFeed;
  const other = environment();
  const after = edges[2].cursor;
  const middle = await load(other, FEED, { first: 1, after });
  const before = edges[3].cursor;
  assert.deepEqual(postIds(read(other, middle, FEED_FRAGMENT).publicFeed), [scene.posts[3]]);
  await load(other, FEED_PAGE, pageVariables(FEED_FRAGMENT, 'backward', 2, before, { first: 1, after }));
  const { publicFeed } = read(other, middle, FEED_FRAGMENT);
  assert.deepEqual(postIds(publicFeed), scene.posts.slice(1, 4));
  assert.equal(publicFeed.pageInfo.hasPreviousPage, true);
});

test('a default on `first` is refused on the way back', async () => {
  const fragment = artifact('Feed_default');
  const store = environment();
  const operation = await load(store, artifact('FeedDefaultQuery'), {});
  const { publicFeed } = read(store, operation, fragment);
  const variables = pageVariables(fragment, 'backward', 2, publicFeed.edges[1].cursor, {});
  await assert.rejects(load(store, artifact('FeedDefaultPageQuery'), variables), /first.*last/s);
});

test('a post is refetched by `node`', async () => {
  const store = environment();
  const [, id] = scene.posts;
  const refetch = artifact('FeedPostRefetchQuery');
  const operation = await load(store, refetch, { id });
  const post = () => {
    const { node } = store.lookup(operation.fragment).data;
    return store.lookup(getSingularSelector(artifact('Feed_post'), node)).data;
  };
  assert.deepEqual(post(), { id, text: 'x', likeCount: 0, viewerHasLiked: false });
  await friendDoes('LikePost', { postId: id });
  await load(store, refetch, { id });
  assert.equal(post().likeCount, 1);
});

test('an optimistic like is not counted again by its own event', async () => {
  const store = environment();
  const [id] = scene.posts;
  const operation = await load(store, artifact('FeedPostRefetchQuery'), { id });
  const { node } = store.lookup(operation.fragment).data;
  const shown = new Arrivals();
  const snapshot = store.lookup(getSingularSelector(artifact('Feed_post'), node));
  store.subscribe(snapshot, ({ data }) => shown.push(data));
  assert.equal(snapshot.data.likeCount, 0);

  const events = new Arrivals();
  const { dispose } = requestSubscription(store, {
    subscription: artifact('FeedSubscription'),
    variables: { postIds: [id] },
    onNext: ({ postInteractions }) => events.push(postInteractions),
    onError: events.fail,
  });
  assert.equal((await events.next()).__typename, 'SubscriptionReady');
  const key = crypto.randomUUID();
  const answer = new Promise((onCompleted, onError) => {
    commitMutation(store, {
      mutation: artifact('FeedLikeMutation'),
      variables: { input: { postId: id, clientMutationId: key } },
      optimisticResponse: {
        likePost: { post: { id, likeCount: snapshot.data.likeCount + 1, viewerHasLiked: true }, changed: true, errors: [] },
      },
      onCompleted,
      onError,
    });
  });
  assert.deepEqual(await shown.next(), { id, text: 'x', likeCount: 1, viewerHasLiked: true });
  assert.equal((await answer).likePost.changed, true);
  assert.equal((await events.next()).clientMutationId, key);
  await friendDoes('LikePost', { postId: id });
  await shown.until((post) => post.likeCount === 2);
  assert.deepEqual([...new Set(shown.all.map((post) => post.likeCount))], [1, 2]);
  dispose();
});
