// Writes a post: text, warning, audience, pictures, a quote.

import { type FormEvent, useState } from 'react';
import type { PostCardFragment, PostVisibility } from './__generated__/graphql';
import { Icon } from './icons';
import { Attachments, usePictures } from './attachments';
import { write } from './outbox';
import { QuotedPost } from './post';
import { viewer } from './viewer';

export function Composer({ quoted, onSent }: { quoted?: PostCardFragment; onSent?: () => void }) {
  const isPrivate = viewer.use()?.user.isPrivate ?? false;
  const [text, setText] = useState('');
  const [warning, setWarning] = useState('');
  const [hasWarning, setHasWarning] = useState(false);
  const [visibility, setVisibility] = useState<PostVisibility | ''>('');
  const pictures = usePictures();

  function send(event: FormEvent) {
    event.preventDefault();
    if (!text.trim() || pictures.isBusy) return;
    write('createPost', {
      text,
      ...(hasWarning && warning.trim() && { contentWarning: warning }),
      ...(visibility && { visibility }),
      ...(quoted && { quotedPostId: quoted.id }),
      ...(pictures.media.length && { media: pictures.media }),
    });
    setText('');
    setWarning('');
    setHasWarning(false);
    pictures.clear();
    onSent?.();
  }

  return (
    <form className="composer" onSubmit={send}>
      {hasWarning && <input value={warning} onChange={(event) => setWarning(event.target.value)} aria-label="Content warning" placeholder="What to warn of" maxLength={100} />}
      <textarea value={text} onChange={(event) => setText(event.target.value)} aria-label="What is new?" placeholder="What is new?" maxLength={500} rows={quoted ? 3 : 2} dir="auto" />
      {quoted && <QuotedPost post={quoted} />}
      <Attachments pictures={pictures} />
      <div className="tools">
        <label className="button" title="Add pictures">
          <Icon name="picture" />
          <span className="hidden">Add pictures</span>
          <input className="hidden" type="file" accept="image/jpeg,image/png,image/webp,image/gif" multiple onChange={(event) => pictures.add(event.target)} />
        </label>
        <button type="button" aria-pressed={hasWarning} onClick={() => setHasWarning(!hasWarning)}>Warning</button>
        <select aria-label="Who may read it" value={visibility} onChange={(event) => setVisibility(event.target.value as PostVisibility | '')}>
          {!isPrivate && <option value="">Public</option>}
          <option value={isPrivate ? '' : 'FOLLOWERS'}>Followers</option>
          <option value="MENTIONED">Those mentioned</option>
        </select>
        <span className="muted count">{500 - [...text].length}</span>
        <button className="primary" disabled={pictures.isBusy}>Post</button>
      </div>
    </form>
  );
}
