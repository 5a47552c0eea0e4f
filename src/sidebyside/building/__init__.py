"""From page files to a published index version: finds the files, follows their folders, builds."""
