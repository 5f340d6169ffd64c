import { NodesDocument, type PostCardFragment } from '../__generated__/graphql';
import { Composer } from '../composer';
import { usePages } from '../pages';
import { go } from '../router';

export function QuotePost({ id }: { id: string }) {
  const { data, problem } = usePages(NodesDocument, { ids: [id] }, () => null);
  const post = data?.nodes[0] as PostCardFragment | null | undefined;
  if (post) return <Composer quoted={post} onSent={() => go()} />;
  if (problem) return <p role="alert">{problem.message}</p>;
  return <p className="muted" role="status">{data ? 'This post is not available.' : 'Loading…'}</p>;
}
