// What the page knows of each object, by its global id. A count in any answer or event shows wherever the object does.
// An app takes a normalised cache for this: docs/clients/ has Graphcache, Apollo and Relay.

import { useSyncExternalStore } from 'react';

const nodes = new Map<string, object>();
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function take(value: unknown): void {
  if (Array.isArray(value)) value.forEach(take);
  else if (value && typeof value === 'object') {
    if ('id' in value && typeof value.id === 'string') nodes.set(value.id, { ...nodes.get(value.id), ...value });
    Object.values(value).forEach(take);
  }
}

/** Takes in every object with an id, however deep in the answer. */
export function remember(answer: unknown): void {
  take(answer);
  for (const listener of listeners) listener();
}

/** The object with all that is known of it by now. */
export function useNode<Node extends { id: string }>(node: Node): Node {
  const known = useSyncExternalStore(subscribe, () => nodes.get(node.id));
  return { ...node, ...known };
}
