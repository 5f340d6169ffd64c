// A list that is read page by page.

import { useCallback, useEffect, useState } from 'react';
import type { TypedDocumentString } from './__generated__/graphql';
import { query } from './api';
import { type Positions, positionsAt } from './live';
import { place } from './router';

export interface Connection<Edge> {
  edges: Edge[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
  /** Where live events go on. Lists of comments have none: they are watched from now, and read again as soon as that has begun. */
  eventCursor?: string;
}

interface Loaded<Data, Edge> {
  /** The first answer. */
  data?: Data;
  edges: Edge[];
  end?: string | null;
  /** Where in the event log the list stands. `useWatch` moves it on, so that Back goes on from there. */
  positions?: Positions;
  problem?: Error;
}

export interface Pages<Data, Edge> extends Loaded<Data, Edge> {
  more: () => void;
  /** Reads the list again from its beginning. */
  reload: () => void;
  change: (edges: (edges: Edge[]) => Edge[]) => void;
}

const KEPT = 20;

/** What the last places showed, so that Back shows it at once. Events may come faster than React draws: this is the newest. */
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
    // What happens while a further page is read may be about its posts, so the list goes on from before that.
    const stood = structuredClone(before.positions);
    try {
      const data = await query(document, { ...variables, ...(before.end && { after: before.end }) });
      const page = connection(data);
      if (!asked.isCurrent) return;
      set({
        data: before.data ?? data,
        edges: [...before.edges, ...(page?.edges ?? [])],
        end: page?.pageInfo.hasNextPage ? page.pageInfo.endCursor : null,
        positions: !before.end && page?.eventCursor ? positionsAt(page.eventCursor) : (stood ?? positionsAt(null)),
      });
    } catch (problem) {
      if (asked.isCurrent) set({ ...before, positions: stood, problem: problem as Error });
    }
  }, [key]);

  useEffect(() => {
    const asked = { isCurrent: true };
    if (!kept.get(key)?.data) void load({ edges: [] }, asked);
    return () => void (asked.isCurrent = false);
  }, [key]);

  const newest = (): Loaded<Data, Edge> => kept.get(key) ?? shown;
  return {
    ...shown,
    more: () => void load({ ...newest(), problem: undefined }, { isCurrent: true }),
    reload: () => void load({ edges: [], positions: newest().positions }, { isCurrent: true }),
    change: (edges) => set({ ...newest(), edges: edges(newest().edges) }),
  };
}
