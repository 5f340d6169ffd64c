// What the tests of graphql-ws and graphql-sse share: a connection that is cut amid a subscription.

import assert from 'node:assert/strict';

import { follow } from './graphql-ws/client.mjs';
import { Arrivals, friendDoes, operation, relay, scene } from './scene.mjs';

/** `connect(address, whileAway)` gives a client that waits for `whileAway` before it connects again. */
export async function noEventIsMissed(connect) {
  const [postId] = scene.posts;
  const way = await relay();
  const client = connect(way.address, () => friendDoes('SharePost', { postId }));
  const events = new Arrivals();
  const end = follow(client, operation('PostInteractions'), { postIds: [postId] }, {
    next: ({ data }) => events.push(data.postInteractions),
    error: events.fail,
    complete() {},
  });
  await events.next();
  await friendDoes('LikePost', { postId });
  assert.equal((await events.next()).__typename, 'PostLiked');
  way.cut();
  assert.equal((await events.next()).resumed, true);
  assert.equal((await events.next()).__typename, 'PostShared');
  await friendDoes('UnlikePost', { postId });
  assert.equal((await events.next()).__typename, 'PostUnliked');
  end();
  await client.dispose();
  way.close();
}
