import { createTheme } from '@mantine/core';

/** What components are unless they say otherwise; colours and sizes are in `page.css`. */
export const theme = createTheme({
  components: {
    Button: { defaultProps: { size: 'sm' } },
    Badge: { defaultProps: { variant: 'light', radius: 'sm', tt: 'none' } },
    // What has to be filled in says so itself; a star is no part of a field's name.
    InputWrapper: { defaultProps: { withAsterisk: false } },
    NativeSelect: { defaultProps: { size: 'sm' } },
  },
});
