// What the tests of all clients share: the server, its users and posts, and what another user does meanwhile.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

export const scene = JSON.parse(process.env.FEED_SCENE);
export const url = `http://${scene.address}/graphql/`;
export const websocketUrl = `ws://${scene.address}/graphql/`;

/** The text of an operation of the contract. */
export function operation(name) {
  return readFileSync(new URL(`../operations/${name}.graphql`, import.meta.url), 'utf8');
}

/** A mutation of the friend, without a client library. */
export async function friendDoes(name, input) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${scene.friend}` },
    body: JSON.stringify({ query: operation(name), variables: { input } }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined);
  const [payload] = Object.values(data);
  assert.deepEqual(payload.errors, []);
  return payload;
}

/** Values that arrive one after the other; `next` waits for the first that no call has returned yet. */
export class Arrivals {
  #values = [];
  #waiting = [];
  all = [];

  push = (value) => {
    this.all.push(value);
    const waiting = this.#waiting.shift();
    if (waiting) waiting.resolve(value);
    else this.#values.push(value);
  };

  /** Makes the call that waits fail. */
  fail = (error) => {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  };

  next() {
    if (this.#values.length) return Promise.resolve(this.#values.shift());
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** The first value for which the condition holds. */
  async until(holds) {
    for (;;) {
      const value = await this.next();
      if (holds(value)) return value;
    }
  }
}

/** The ids of a feed's posts, which must be different. */
export function postIds(connection) {
  const ids = connection.edges.map((edge) => edge.node.id);
  assert.equal(new Set(ids).size, ids.length, 'A post occurs twice.');
  return ids;
}

/** A way to the server whose connections can be cut, as a network's are. */
export async function relay() {
  const [host, port] = scene.address.split(':');
  const sockets = new Set();
  const server = createServer((near) => {
    const far = connect(port, host);
    for (const [from, to] of [[near, far], [far, near]]) {
      sockets.add(from);
      from.on('error', () => {}).on('close', () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${server.address().port}`,
    cut: () => sockets.forEach((socket) => socket.destroy()),
    close: () => server.close(),
  };
}
