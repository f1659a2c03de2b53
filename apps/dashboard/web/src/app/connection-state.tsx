import { liveState, type LiveState } from '../api/live.js';
import { useStore } from '../api/store.js';

const SAYS: Readonly<Record<LiveState, string>> = {
  connecting: 'Connecting',
  live: 'Live',
  broken: 'Not live: the server is away',
  refused: 'Not live: a token is needed',
};

/** Whether what is shown follows the fleet. */
export const ConnectionState = () => {
  const state = useStore(liveState);
  return (
    <span className="connection" data-state={state} role="status">
      <span className="connection-dot" aria-hidden="true" />
      {SAYS[state]}
    </span>
  );
};
