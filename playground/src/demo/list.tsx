// What a list shows while it loads, when it is empty, and at its end.

import type { ReactNode } from 'react';
import type { Pages } from './pages';

export function ListOf<Edge,>({ pages, empty, children }: { pages: Pages<any, Edge>; empty: string; children: (edge: Edge) => ReactNode }) {
  const { data, edges, end, problem } = pages;
  return (
    <>
      {edges.map(children)}
      {problem && (
        <p role="alert">
          {problem.message} <button onClick={pages.more}>Try again</button>
        </p>
      )}
      {!data && !problem && <p className="muted" role="status">Loading…</p>}
      {data && !edges.length && !problem && <p className="muted">{empty}</p>}
      {end && !problem && <button className="more" onClick={pages.more}>Show more</button>}
    </>
  );
}
