import assert from 'node:assert/strict';
import test from 'node:test';

import { noEventIsMissed } from '../resuming.mjs';
import { scene, url } from '../scene.mjs';
import { createStreams } from './client.mjs';

test('after a lost connection no event is missed, and none arrives twice', () => noEventIsMissed(
  (address, retry) => createStreams(`http://${address}/graphql/`, () => scene.viewer, { retry }),
));

test('queries are answered, too', async () => {
  const client = createStreams(url, () => scene.viewer);
  const answers = [];
  for await (const { data } of client.iterate({ query: '{ viewer { username } }' })) answers.push(data);
  assert.deepEqual(answers, [{ viewer: { username: 'p1' } }]);
});

test('single connection mode is refused, with the name of the other', async () => {
  const answers = [];
  const client = createStreams(url, () => scene.viewer, {
    singleConnection: true,
    retryAttempts: 0,
    fetchFn: async (...request) => {
      const response = await fetch(...request);
      answers.push(await response.clone().json());
      return response;
    },
  });
  const error = await new Promise((resolve) => {
    client.subscribe({ query: '{ viewer { username } }' }, { next() {}, error: resolve, complete() {} });
  });
  assert.equal(error.response.status, 405);
  const [{ errors }] = answers;
  assert.match(errors[0].message, /distinct connections mode.*`singleConnection: false`/);
});
