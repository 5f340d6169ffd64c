import { useState } from 'react';
import { type CommentOrder, PostPageDocument } from '../__generated__/graphql';
import { type Comment, CommentCard, CommentForm } from '../comment';
import { ListOf } from '../list';
import { type PostEvent, useWatch } from '../live';
import { usePages } from '../pages';
import { PostCard } from '../post';

const ORDERS: Record<CommentOrder, string> = { NEWEST: 'Newest first', OLDEST: 'Oldest first', TOP: 'Most liked first' };
type Edge = { cursor: string; node: Comment };

/** The comments after an event: one more, one less, or as before. */
export function changed(edges: Edge[], event: PostEvent, isHere: (parent: string | null) => boolean): Edge[] {
  if (event.__typename === 'CommentCreated' && isHere(event.comment.parent?.id ?? null)) {
    const { comment } = event;
    return edges.some(({ node }) => node.id === comment.id) ? edges : [{ cursor: '', node: comment }, ...edges];
  }
  if (event.__typename === 'CommentDeleted' && !event.tombstone) return edges.filter(({ node }) => node.id !== event.deletedCommentId);
  return edges;
}

export function PostPage({ id }: { id: string }) {
  const [order, setOrder] = useState<CommentOrder>('NEWEST');
  const pages = usePages(PostPageDocument, { id, order }, ({ post }) => post?.comments);
  useWatch([id], pages, (event) => pages.change((edges) => changed(edges, event, (parent) => parent === null)));
  const post = pages.data?.post;
  if (pages.data && !post) return <p className="muted">This post is not available.</p>;
  return (
    <>
      {post && <PostCard post={post} />}
      {post && <CommentForm postId={id} label="Write a comment" />}
      <div className="title">
        <h2>Comments</h2>
        <select aria-label="Order of comments" value={order} onChange={(event) => setOrder(event.target.value as CommentOrder)}>
          {Object.entries(ORDERS).map(([value, label]) => <option key={value} value={value}>{label}</option>)}
        </select>
      </div>
      <ListOf pages={pages} empty="No comment yet.">
        {({ node }) => <CommentCard key={node.id} comment={node} />}
      </ListOf>
      {!!post?.quotes.edges.length && <h2>Quotes</h2>}
      {post?.quotes.edges.map(({ node }) => <PostCard key={node.id} post={node} />)}
    </>
  );
}
