import { type FormEvent, useState } from 'react';
import { UpdateProfileDocument, type UpdateProfileInput } from '../__generated__/graphql';
import { mutate } from '../api';
import { go } from '../router';
import { upload } from '../upload';
import { Avatar } from '../users';
import { loadViewer, viewer } from '../viewer';

export function EditProfile() {
  const user = viewer.use()?.user;
  const [changes, setChanges] = useState<UpdateProfileInput>({});
  const [sent, setSent] = useState<number>();
  const [problem, setProblem] = useState('');
  if (!user) return null;
  const { displayName, bio, isPrivate } = { ...user, ...changes };

  async function choose(file: File | undefined): Promise<void> {
    if (!file) return;
    try {
      const { id } = await upload(file, setSent);
      setChanges((before) => ({ ...before, avatarMediaId: id }));
    } catch (error) {
      setProblem((error as Error).message);
      setSent(undefined);
    }
  }

  async function save(event: FormEvent): Promise<void> {
    event.preventDefault();
    try {
      const { errors } = (await mutate(UpdateProfileDocument, { input: changes })).updateProfile;
      if (errors[0]) return setProblem(errors[0].message);
      await loadViewer();
      go('user', user!.username);
    } catch (error) {
      setProblem((error as Error).message);
    }
  }

  return (
    <form className="fields" onSubmit={(event) => void save(event)}>
      <h2>Edit profile</h2>
      {problem && <p role="alert">{problem}</p>}
      <div className="row">
        <Avatar user={user} />
        <label className="button">
          {changes.avatarMediaId ? 'Picture chosen' : 'Choose a picture'}
          <input className="hidden" type="file" aria-label="Profile picture" accept="image/jpeg,image/png,image/webp,image/gif" onChange={(event) => void choose(event.target.files?.[0])} />
        </label>
        {sent !== undefined && !changes.avatarMediaId && <progress value={sent} aria-label="Upload of the picture" />}
        {user.avatarUrl && <button type="button" onClick={() => setChanges({ ...changes, avatarMediaId: null })}>Remove it</button>}
      </div>
      <label>Name <input value={displayName ?? ''} onChange={(event) => setChanges({ ...changes, displayName: event.target.value })} maxLength={50} /></label>
      <label>About you <textarea value={bio ?? ''} onChange={(event) => setChanges({ ...changes, bio: event.target.value })} maxLength={300} rows={4} dir="auto" /></label>
      <label className="check"><input type="checkbox" checked={isPrivate ?? false} onChange={(event) => setChanges({ ...changes, isPrivate: event.target.checked })} /> Only accepted followers see my posts</label>
      <button className="primary" disabled={sent !== undefined && changes.avatarMediaId === undefined}>Save</button>
    </form>
  );
}
