// A comment, and the form to write one.

import { type FormEvent, useState } from 'react';
import type { CommentCardFragment } from './__generated__/graphql';
import { Icon } from './icons';
import { useNode } from './nodes';
import { write } from './outbox';
import { When } from './post';
import { link } from './router';
import { Text } from './text';
import { Avatar, Name } from './users';
import { viewer } from './viewer';

/** The events of the contract have comments with fewer fields than its pages. */
export type Comment = CommentCardFragment;

export function CommentCard({ comment: given, isFocus }: { comment: Comment; isFocus?: boolean }) {
  const comment = useNode(given);
  const { id, author, likeCount, viewerHasLiked } = comment;
  const isOwn = author && viewer.use()?.user.id === author.id;
  function like() {
    const shown = { id, viewerHasLiked: true, likeCount: likeCount + 1 };
    if (!viewerHasLiked) write('likeComment', { commentId: id }, shown, { id, viewerHasLiked, likeCount });
  }
  if (comment.isDeleted) return <article className="post comment"><p className="muted">This comment was deleted.</p></article>;
  return (
    <article className={`post comment ${isFocus ? 'focus' : ''}`} aria-label={`Comment by ${author?.displayName}`}>
      {author && <Avatar user={author} />}
      <div className="body">
        <header className="head">
          {author && <Name user={author} />}
          <span className="muted"><When time={comment.createdAt} />{comment.editedAt && ' · edited'}</span>
        </header>
        <Text text={comment.text} segments={comment.textSegments} />
        <p className="actions">
          <a className="action" href={link('comment', id)} aria-label={`Replies: ${comment.replyCount}`}><Icon name="comment" /> {comment.replyCount}</a>
          <button className="action heart" aria-pressed={viewerHasLiked} aria-label={`Like: ${likeCount}`} onClick={like}><Icon name="heart" /> {likeCount}</button>
          {isOwn && <button className="action" aria-label="Delete" onClick={() => write('deleteComment', { commentId: id })}><Icon name="trash" /></button>}
        </p>
      </div>
    </article>
  );
}

export function CommentForm({ postId, parentId, label }: { postId: string; parentId?: string; label: string }) {
  const [text, setText] = useState('');
  function send(event: FormEvent) {
    event.preventDefault();
    if (!text.trim()) return;
    write('createComment', { postId, text, ...(parentId && { parentId }) });
    setText('');
  }
  return (
    <form className="line" onSubmit={send}>
      <input value={text} onChange={(event) => setText(event.target.value)} placeholder={label} aria-label={label} maxLength={500} dir="auto" />
      <button className="primary">Send</button>
    </form>
  );
}
