"""From a commit to a release that is proved or taken back: doctor, deploy, gate, rollback."""
