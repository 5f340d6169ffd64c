import { CommentThreadDocument, type CommentThreadQuery } from '../__generated__/graphql';
import { CommentCard, CommentForm } from '../comment';
import { ListOf } from '../list';
import { useWatch } from '../live';
import { usePages } from '../pages';
import { link } from '../router';
import { changed } from './post-page';

type ThreadOf = Extract<CommentThreadQuery['node'], { replies: unknown }>;

export function CommentPage({ id }: { id: string }) {
  const pages = usePages(CommentThreadDocument, { id }, ({ node }) => node && 'replies' in node ? node.replies : null);
  const node = pages.data?.node;
  const comment = node && 'replies' in node ? (node as ThreadOf) : null;
  const postId = comment?.post?.id;
  useWatch(postId ? [postId] : [], pages, (event) => pages.change((edges) => changed(edges, event, (parent) => parent === id)));
  if (pages.data && !comment) return <p className="muted">This comment is not available.</p>;
  return (
    <>
      {postId && <p><a href={link('post', postId)}>← The post with all comments</a></p>}
      {comment?.ancestors.edges.map((above) => <CommentCard key={above.node.id} comment={above.node} />)}
      {comment && <CommentCard comment={comment} isFocus />}
      {postId && <CommentForm postId={postId} parentId={id} label="Write a reply" />}
      <ListOf pages={pages} empty="No reply yet.">
        {(reply) => <CommentCard key={reply.node.id} comment={reply.node} />}
      </ListOf>
    </>
  );
}
