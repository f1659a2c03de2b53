import { Modal, type ModalProps } from '@mantine/core';

interface DialogProps extends Pick<ModalProps, 'onClose' | 'size' | 'children'> {
  readonly title: string;
  readonly open: boolean;
}

/** A dialog of the page. Its head is no `header`: outside of the page's own that would be a second banner. */
export const Dialog = ({ title, open, children, ...rest }: DialogProps) => (
  <Modal opened={open} withCloseButton={false} {...rest}>
    <div className="section-head">
      <Modal.Title>{title}</Modal.Title>
      <Modal.CloseButton aria-label="Close" />
    </div>
    {children}
  </Modal>
);
