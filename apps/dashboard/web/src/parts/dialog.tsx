import { CloseButton, Title } from '@mantine/core';
import { useEffect, useId, useRef, type ReactNode } from 'react';

interface DialogProps {
  readonly title: string;
  readonly open: boolean;
  readonly onClose: () => void;
  readonly size?: 'lg';
  readonly children: ReactNode;
}

/** Opens it above everything else, with the focus in it; whatever had the focus gets it back. */
const useModal = () => {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    if (!dialog.current?.open) dialog.current?.showModal();
    dialog.current?.querySelector<HTMLElement>('[data-autofocus]')?.focus();
    return () => (before instanceof HTMLElement ? before.focus() : undefined);
  }, []);
  return dialog;
};

const OpenDialog = ({ title, onClose, size, children }: Omit<DialogProps, 'open'>) => {
  const dialog = useModal();
  const id = useId();
  return (
    <dialog
      ref={dialog}
      className="dialog"
      data-size={size}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // Only the backdrop is outside of the body that fills it.
      onClick={({ target, currentTarget }) => target === currentTarget && onClose()}
    >
      <div className="dialog-body">
        <div className="section-head">
          <Title order={2} size="h4" id={id}>
            {title}
          </Title>
          <CloseButton aria-label="Close" onClick={onClose} />
        </div>
        {children}
      </div>
    </dialog>
  );
};

/** A dialog in which something is asked or told; the page behind it waits. The browser's own, which keeps the focus in it. */
export const Dialog = ({ open, ...rest }: DialogProps) => (open ? <OpenDialog {...rest} /> : null);
