// A list that is read page by page.

import { useCallback, useEffect, useState } from 'react';
import type { TypedDocumentString } from './__generated__/graphql';
import { query } from './api';
import { place } from './router';

export interface Connection<Edge> {
  edges: Edge[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
}

interface Loaded<Data, Edge> {
  /** The first answer. */
  data?: Data;
  edges: Edge[];
  end?: string | null;
  problem?: Error;
}

export interface Pages<Data, Edge> extends Loaded<Data, Edge> {
  more: () => void;
  /** Reads the list again from its beginning. */
  reload: () => void;
  change: (edges: (edges: Edge[]) => Edge[]) => void;
}

const KEPT = 20;

/** What the last places showed, so that Back shows it at once. */
const kept = new Map<string, Loaded<any, any>>();

function keep(key: string, loaded: Loaded<any, any>): void {
  kept.delete(key);
  kept.set(key, loaded);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
}

/** Whether the component that began to load is still there. */
interface Asked {
  isCurrent: boolean;
}

/** The list of an operation with `$after`. `connection` gives the page in an answer; null if there is no such object. */
export function usePages<Data, Variables extends object, Edge>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  connection: (data: Data) => Connection<Edge> | null | undefined,
): Pages<Data, Edge> {
  const key = JSON.stringify([place.get().visit, String(document), variables]);
  const [{ of, ...loaded }, setLoaded] = useState<Loaded<Data, Edge> & { of?: string }>({ edges: [] });
  const shown: Loaded<Data, Edge> = of === key ? loaded : (kept.get(key) ?? { edges: [] });

  const set = useCallback((next: Loaded<Data, Edge>) => {
    keep(key, next);
    setLoaded({ ...next, of: key });
  }, [key]);

  const load = useCallback(async (before: Loaded<Data, Edge>, asked: Asked) => {
    try {
      const data = await query(document, { ...variables, ...(before.end && { after: before.end }) });
      const page = connection(data);
      if (!asked.isCurrent) return;
      const edges = [...before.edges, ...(page?.edges ?? [])];
      set({ data: before.data ?? data, edges, end: page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null });
    } catch (problem) {
      if (asked.isCurrent) setLoaded({ ...before, problem: problem as Error, of: key });
    }
  }, [key]);

  useEffect(() => {
    const asked = { isCurrent: true };
    if (!kept.has(key)) void load({ edges: [] }, asked);
    return () => void (asked.isCurrent = false);
  }, [key]);

  return {
    ...shown,
    more: () => void load({ ...shown, problem: undefined }, { isCurrent: true }),
    reload: () => void load({ edges: [] }, { isCurrent: true }),
    change: (edges) => set({ ...shown, edges: edges(shown.edges) }),
  };
}
